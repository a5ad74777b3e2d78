/**
 * For promises that nobody awaits: whatever they throw is a fault of the program, and ends the process, so that its service manager starts
 * it again from facts instead of leaving half of it running.
 */
export function fault(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
