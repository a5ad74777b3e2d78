import type { Change, Diagnostic } from '../model.ts';

/** That facts are left alone which were put back too often, each time: somebody or something else sets them. */
export function contendedWarnings(changes: readonly Change[]): readonly Diagnostic[] {
  return changes
    .filter((change) => change.drift?.treatment === 'contended')
    .map((change) => ({
      severity: 'warning',
      code: 'Contended',
      address: change.address,
      message: `${change.what.replace(/^link [^:]+: /, '')}: put back more than 3 times within an hour, and changed again; it is left as it is`,
      objects: change.fields.map((field) => field.path),
      hint: `find who changes it; \`goatherd accept ${change.address} --reason …\` puts it back again, and so does an hour, or another definition of the link`,
      at: null,
    }));
}
