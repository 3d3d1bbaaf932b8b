"""Looking after files: rows against objects, digests read again, providers proved, a company's files given out or erased."""
