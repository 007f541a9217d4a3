#!/bin/sh
# Against the running app: a tenant, made by the platform's own; then a parcel of that tenant, and its list.
set -eu
api=http://127.0.0.1:${PORT:-3000}/v1
platform=00000000-0000-7000-8000-000000000000

tenant=$(curl -sSf "$api/tenants" -H "X-Tenant-Id: $platform" --json '{ "slug": "acme", "name": "Acme Ltd" }' |
  node -p 'JSON.parse(fs.readFileSync(0)).id')
curl -sSf -w '\n' "$api/parcels" -H "X-Tenant-Id: $tenant" --json '{ "trackingNumber": "JD-1", "recipient": "Ada" }'
curl -sSf -w '\n' "$api/parcels" -H "X-Tenant-Id: $tenant"
