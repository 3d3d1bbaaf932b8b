"""How PostgreSQL plans a statement: one we sent, or one that somebody typed; neither can change or tell anything."""
