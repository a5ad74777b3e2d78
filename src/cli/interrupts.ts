/**
 * Two-stage interruption: the first SIGINT or SIGTERM ends the run after its current statement, the second ends the process. `also`: other
 * reasons to stop, such as a lost lock.
 */
export function interrupts(also: AbortSignal): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(21);
    process.stderr.write(`goatherd: ${name}: ending after the current statement (again to end at once)\n`);
    controller.abort(name);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: AbortSignal.any([controller.signal, also]),
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
