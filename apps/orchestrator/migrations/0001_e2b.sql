CREATE TABLE "e2b_records" (
	"organization" text NOT NULL,
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"value" json NOT NULL,
	CONSTRAINT "e2b_records_kind_id_pk" PRIMARY KEY("kind","id")
);
--> statement-breakpoint
CREATE TABLE "service_secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "e2b_records_by_organization" ON "e2b_records" USING btree ("organization","kind");