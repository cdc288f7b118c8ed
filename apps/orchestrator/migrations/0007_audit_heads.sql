-- The end of a chain moves on by one event, and never otherwise: who moved it back would hide what comes after it.
CREATE FUNCTION "refuse_other_step"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."organization" = OLD."organization" AND NEW."sequence" = OLD."sequence" + 1 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the table % only moves on', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_heads_move_on" BEFORE UPDATE ON "audit_heads"
  FOR EACH ROW EXECUTE FUNCTION "refuse_other_step"();--> statement-breakpoint
CREATE TRIGGER "audit_heads_stay" BEFORE DELETE ON "audit_heads"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
CREATE TRIGGER "audit_heads_no_truncate" BEFORE TRUNCATE ON "audit_heads"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
