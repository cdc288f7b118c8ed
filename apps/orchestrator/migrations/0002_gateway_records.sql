ALTER TABLE "e2b_records" RENAME TO "gateway_records";--> statement-breakpoint
ALTER TABLE "gateway_records" RENAME CONSTRAINT "e2b_records_kind_id_pk" TO "gateway_records_kind_id_pk";--> statement-breakpoint
ALTER INDEX "e2b_records_by_organization" RENAME TO "gateway_records_by_organization";
