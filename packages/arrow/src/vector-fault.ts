/** A record batch that is not what its schema says, or a cell that no column can hold; the message says what is wrong. */
export class VectorFault extends Error {}
