/**
 * A user, and a tenant, that there cannot be: ids of the year 1970. Questions about somebody who is not there are asked
 * about them, so that they take as long.
 */
export const nobodysId = '00000000-0000-7000-8000-000000000000';
export const nowhere = '00000000-0000-7000-8000-000000000001';
