/** A statement for guests of the tenant `$1` under the names, and in the form, of `GuestResponse`. */
export function guestsWhere(condition: string): string {
  return `
  select principal_id as "userId", home_tenant_id as "homeTenantId", array_agg(role_id order by role_id) as "roleIds"
    from acci.role_assignments
   where tenant_id = $1::uuid and principal_type = 'guest' and ${condition}
   group by principal_id, home_tenant_id`;
}
