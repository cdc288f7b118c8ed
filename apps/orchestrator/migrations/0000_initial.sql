CREATE TABLE "api_keys" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"revoked_at_ms" bigint,
	CONSTRAINT "api_keys_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "approvals_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"state" text NOT NULL,
	"decided_by" text,
	"reason" text,
	"approval" json NOT NULL,
	CONSTRAINT "approvals_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "artifact_chunks" (
	"organization" text NOT NULL,
	"artifact" text NOT NULL,
	"index" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "artifact_chunks_organization_artifact_index_pk" PRIMARY KEY("organization","artifact","index")
);
--> statement-breakpoint
CREATE TABLE "artifacts" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"run" text NOT NULL,
	"path" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"complete" boolean NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "artifacts_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"organization" text NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "audit_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run" text NOT NULL,
	"event" json NOT NULL,
	CONSTRAINT "audit_organization_place_pk" PRIMARY KEY("organization","place")
);
--> statement-breakpoint
CREATE TABLE "event_logs" (
	"organization" text NOT NULL,
	"run" text NOT NULL,
	"last_sequence" integer NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"appended_at_ms" bigint NOT NULL,
	CONSTRAINT "event_logs_organization_run_pk" PRIMARY KEY("organization","run")
);
--> statement-breakpoint
CREATE TABLE "event_sources" (
	"organization" text NOT NULL,
	"run" text NOT NULL,
	"source" text NOT NULL,
	"next_offset" bigint NOT NULL,
	CONSTRAINT "event_sources_organization_run_source_pk" PRIMARY KEY("organization","run","source")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"organization" text NOT NULL,
	"run" text NOT NULL,
	"sequence" integer NOT NULL,
	"event" json NOT NULL,
	CONSTRAINT "events_organization_run_sequence_pk" PRIMARY KEY("organization","run","sequence")
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"run" text NOT NULL,
	"slot" text NOT NULL,
	"adapter" text NOT NULL,
	"sandbox" text,
	"owner" text NOT NULL,
	"started_at_ms" bigint NOT NULL,
	"ended_at_ms" bigint,
	"cost_usd" double precision,
	CONSTRAINT "leases_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "owners" (
	"id" text PRIMARY KEY NOT NULL,
	"until_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"organization" text NOT NULL,
	"id" text NOT NULL,
	"place" bigint GENERATED ALWAYS AS IDENTITY (sequence name "runs_place_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"run" json NOT NULL,
	"operation" json NOT NULL,
	"operation_hash" text NOT NULL,
	"requester" json NOT NULL,
	"approval" text,
	"cancel_requested" boolean NOT NULL,
	"claim_owner" text,
	"claim_until_ms" bigint,
	"finished_at_ms" bigint,
	"version" integer NOT NULL,
	CONSTRAINT "runs_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "state" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "artifact_chunks" ADD CONSTRAINT "artifact_chunks_organization_artifact_artifacts_organization_id_fk" FOREIGN KEY ("organization","artifact") REFERENCES "public"."artifacts"("organization","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_sources" ADD CONSTRAINT "event_sources_organization_run_event_logs_organization_run_fk" FOREIGN KEY ("organization","run") REFERENCES "public"."event_logs"("organization","run") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_organization_run_event_logs_organization_run_fk" FOREIGN KEY ("organization","run") REFERENCES "public"."event_logs"("organization","run") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_by_hash" ON "api_keys" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "approvals_by_place" ON "approvals" USING btree ("organization","place");--> statement-breakpoint
CREATE INDEX "approvals_by_state" ON "approvals" USING btree ("organization","state","place");--> statement-breakpoint
CREATE INDEX "artifacts_incomplete" ON "artifacts" USING btree ("created_at_ms") WHERE not complete;--> statement-breakpoint
CREATE INDEX "audit_by_run" ON "audit" USING btree ("organization","run","place");--> statement-breakpoint
CREATE INDEX "event_logs_by_age" ON "event_logs" USING btree ("appended_at_ms");--> statement-breakpoint
CREATE INDEX "leases_by_run" ON "leases" USING btree ("organization","run");--> statement-breakpoint
CREATE INDEX "leases_open" ON "leases" USING btree ("organization","started_at_ms") WHERE ended_at_ms is null;--> statement-breakpoint
CREATE INDEX "leases_by_sandbox" ON "leases" USING btree ("adapter","sandbox") WHERE ended_at_ms is null;--> statement-breakpoint
CREATE INDEX "runs_by_place" ON "runs" USING btree ("organization","place");--> statement-breakpoint
CREATE INDEX "runs_by_status" ON "runs" USING btree ("organization","status","place");--> statement-breakpoint
CREATE INDEX "runs_unfinished" ON "runs" USING btree ("place") WHERE status in ('queued', 'awaiting-approval', 'running');