CREATE TABLE "batch_items" (
	"organization" text NOT NULL,
	"run" text NOT NULL,
	"index" integer NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"token" text,
	"result" json DEFAULT '{}'::json NOT NULL,
	CONSTRAINT "batch_items_organization_run_index_pk" PRIMARY KEY("organization","run","index")
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"organization" text NOT NULL,
	"run" text NOT NULL,
	"total" integer NOT NULL,
	"retry" json NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"ends_at_ms" bigint NOT NULL,
	"traceparent" text,
	"hindrance" json,
	"failure" json,
	"closed" text,
	"closed_at_ms" bigint,
	CONSTRAINT "batches_organization_run_pk" PRIMARY KEY("organization","run")
);
--> statement-breakpoint
ALTER TABLE "batch_items" ADD CONSTRAINT "batch_items_organization_run_batches_organization_run_fk" FOREIGN KEY ("organization","run") REFERENCES "public"."batches"("organization","run") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batches_by_start" ON "batches" USING btree ("organization","created_at_ms");--> statement-breakpoint
CREATE INDEX "batches_by_end" ON "batches" USING btree ("closed_at_ms") WHERE closed_at_ms is not null;