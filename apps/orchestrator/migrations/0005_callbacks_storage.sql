ALTER TABLE "cost_days" ADD COLUMN "disk_mib_seconds" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "hooks" ADD COLUMN "run" text;--> statement-breakpoint
ALTER TABLE "hooks" ADD COLUMN "key" text;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "disk_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "hooks_by_run" ON "hooks" USING btree ("organization","run");