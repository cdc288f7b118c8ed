CREATE TABLE "audit_heads" (
	"organization" text PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"organization" text NOT NULL,
	"agent" text NOT NULL,
	"soft_usd" double precision,
	"hard_usd" double precision,
	"warned_month" text,
	CONSTRAINT "budgets_organization_agent_pk" PRIMARY KEY("organization","agent")
);
--> statement-breakpoint
CREATE TABLE "cost_days" (
	"organization" text NOT NULL,
	"day" text NOT NULL,
	"agent" text NOT NULL,
	"kind" text NOT NULL,
	"adapter" text NOT NULL,
	"leases" integer NOT NULL,
	"running_seconds" bigint NOT NULL,
	"paused_seconds" bigint NOT NULL,
	"nanos" bigint NOT NULL,
	"estimate_nanos" bigint NOT NULL,
	CONSTRAINT "cost_days_organization_day_agent_kind_adapter_pk" PRIMARY KEY("organization","day","agent","kind","adapter")
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"organization" text NOT NULL,
	"agent" text NOT NULL,
	"sandboxes" integer,
	"creates_per_minute" integer,
	"cpus" double precision,
	"memory_bytes" bigint,
	"runs_per_day" integer,
	CONSTRAINT "quotas_organization_agent_pk" PRIMARY KEY("organization","agent")
);
--> statement-breakpoint
CREATE TABLE "run_days" (
	"organization" text NOT NULL,
	"agent" text NOT NULL,
	"day" text NOT NULL,
	"runs" integer NOT NULL,
	CONSTRAINT "run_days_organization_agent_day_pk" PRIMARY KEY("organization","agent","day")
);
--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "run" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "expires_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "sequence" bigint;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "hash" "bytea";--> statement-breakpoint
-- What was written before gets its places in the chain now.
DO $$
DECLARE
  entry record;
  owner text;
  place_in_chain bigint;
  before bytea;
BEGIN
  FOR entry IN SELECT "organization", "place", "event"::text AS "event" FROM "audit" ORDER BY "organization", "place" LOOP
    IF entry."organization" IS DISTINCT FROM owner THEN
      owner := entry."organization";
      place_in_chain := 0;
      before := sha256(convert_to(owner, 'UTF8'));
    END IF;
    place_in_chain := place_in_chain + 1;
    before := sha256(before || convert_to(place_in_chain::text || ' ' || entry."event", 'UTF8'));
    UPDATE "audit" SET "sequence" = place_in_chain, "hash" = before
      WHERE "organization" = entry."organization" AND "place" = entry."place";
  END LOOP;
  INSERT INTO "audit_heads" SELECT DISTINCT ON ("organization") "organization", "sequence", "hash"
    FROM "audit" ORDER BY "organization", "sequence" DESC;
END $$;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "sequence" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "hash" SET NOT NULL;--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE ON "audit"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
CREATE TRIGGER "audit_no_truncate" BEFORE TRUNCATE ON "audit"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "agent" text DEFAULT '""' NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "kind" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "cpus" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "memory_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "price" json;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "expires_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "seen_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "pauses" json DEFAULT '[]'::json NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "estimate_nanos" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "reserved_nanos" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "audit_by_sequence" ON "audit" USING btree ("organization","sequence");--> statement-breakpoint
CREATE INDEX "leases_by_start" ON "leases" USING btree ("organization","started_at_ms");