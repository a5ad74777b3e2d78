# The hub: the PostgreSQL server of the control databases and the ledger. Bucardo's functions there are written in PL/Perl.
FROM postgres:15-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-plperl-15 && rm -rf /var/lib/apt/lists/*
