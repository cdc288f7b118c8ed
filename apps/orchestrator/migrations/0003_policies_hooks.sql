CREATE TABLE "hook_deliveries" (
	"organization" text NOT NULL,
	"hook" text NOT NULL,
	"id" text NOT NULL,
	"body" text NOT NULL,
	"attempts" integer NOT NULL,
	"next_at_ms" bigint NOT NULL,
	"ended_at_ms" bigint,
	"delivered" boolean NOT NULL,
	"error" text,
	CONSTRAINT "hook_deliveries_organization_hook_id_pk" PRIMARY KEY("organization","hook","id")
);
--> statement-breakpoint
CREATE TABLE "hooks" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"url" text NOT NULL,
	"events" json NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "hooks_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"organization" text NOT NULL,
	"hash" text NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "policies_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"version" text NOT NULL,
	"document" json NOT NULL,
	"service" json,
	"stored_by" text,
	"stored_at_ms" bigint NOT NULL,
	CONSTRAINT "policies_organization_hash_pk" PRIMARY KEY("organization","hash")
);
--> statement-breakpoint
CREATE TABLE "policy_choices" (
	"organization" text NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "policy_choices_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"hash" text,
	"chosen_by" text NOT NULL,
	"chosen_at_ms" bigint NOT NULL,
	CONSTRAINT "policy_choices_organization_place_pk" PRIMARY KEY("organization","place")
);
--> statement-breakpoint
ALTER TABLE "hook_deliveries" ADD CONSTRAINT "hook_deliveries_organization_hook_hooks_organization_id_fk" FOREIGN KEY ("organization","hook") REFERENCES "public"."hooks"("organization","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "hook_deliveries_due" ON "hook_deliveries" USING btree ("next_at_ms") WHERE ended_at_ms is null;--> statement-breakpoint
CREATE INDEX "policies_by_place" ON "policies" USING btree ("organization","place");