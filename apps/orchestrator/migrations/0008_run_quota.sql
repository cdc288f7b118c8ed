ALTER TABLE "run_days" ADD COLUMN "most" integer;--> statement-breakpoint
ALTER TABLE "run_days" ADD CONSTRAINT "run_days_within_quota" CHECK (runs <= most);