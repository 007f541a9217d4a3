#!/bin/sh
# Runs once, when the cluster is made: the three roles of ACCI, none of them superuser, none past row-level security.
# `npm run db:roles` does the same on a managed server.
set -eu

psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --quiet \
  --set owner="$(cat /run/secrets/acci_owner_password)" \
  --set app="$(cat /run/secrets/acci_app_password)" \
  --set system="$(cat /run/secrets/acci_system_password)" <<'SQL'
create role acci_owner noinherit login password :'owner';
create role acci_app noinherit login password :'app';
create role acci_system noinherit login password :'system';

-- The projection runner narrows its transaction to one tenant by taking acci_app.
grant acci_app to acci_system;

revoke all on database :"DBNAME" from public;
revoke create on schema public from public;
grant connect, create, temporary on database :"DBNAME" to acci_owner;
grant connect on database :"DBNAME" to acci_app, acci_system;
grant usage, create on schema public to acci_owner;
SQL
