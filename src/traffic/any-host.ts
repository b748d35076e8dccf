/** Stands for every name that clients ask for, and for none. */
export const ANY_HOST = '*';
