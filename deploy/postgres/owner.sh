#!/bin/bash
# Makes the role OWNER, which is no superuser, and its database of the same name. The image runs it when a database is
# new; again, it changes nothing but the password: docker-compose exec router-db bash /docker-entrypoint-initdb.d/owner.sh
set -euo pipefail

# The password comes from the environment: arguments are seen by all, and a statement that fails would be logged.
OWNER_PASSWORD=$(cat "$OWNER_PASSWORD_FILE")
: "${OWNER_PASSWORD:?is empty in $OWNER_PASSWORD_FILE: nobody could log in as $OWNER}"
export OWNER_PASSWORD
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner OWNER
\getenv password OWNER_PASSWORD
SET log_min_error_statement = panic;
SELECT format('CREATE ROLE %I', :'owner') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
SELECT format('CREATE DATABASE %1$I OWNER %1$I', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'owner') \gexec
REVOKE ALL ON DATABASE :"owner", postgres, template1 FROM PUBLIC;
SQL
