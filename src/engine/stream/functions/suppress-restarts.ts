/** An error that another start would not mend: the program fails at once (Flink's SuppressRestartsException). */
export class SuppressRestartsError extends Error {}
