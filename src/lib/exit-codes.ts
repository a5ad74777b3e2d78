/** The exit codes of DESIGN 3; 0 is for all that went well. */
export const ERROR = 1;
export const BLOCKED = 20;
export const TIMED_OUT = 21;
export const STALE = 22;
export const LOCK_HELD = 23;
export const USAGE = 64;
export const INVALID = 78;
