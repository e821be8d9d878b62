/** A value that JSON can hold: what positions, manifests and control messages are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
