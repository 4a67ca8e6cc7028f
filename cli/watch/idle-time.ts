/** How long a stack must be idle before a watch ends, in ms: an execution that was just started has no row yet. */
export const idleMs = 30_000;
