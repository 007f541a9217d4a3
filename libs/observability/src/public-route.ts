/** Metadata key by which `@acci/rest` knows a route that needs no permission. Agreed on by name: neither lib imports the other. */
export const PUBLIC_ROUTE = 'acci:public';
