import type { Diagnostic } from '../../model.ts';
import type { LinkView } from '../link-view.ts';
import { receiptOf } from './copy.ts';
import { generationOf } from './recopy.ts';

/** That a lowered `copy_generation` does nothing, and what a copy that is due again waits for. */
export function recopyWarnings(views: readonly LinkView[], waiting: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const warning = (code: string, address: string, message: string, hint: string): Diagnostic => ({
    severity: 'warning',
    code,
    address,
    message,
    hint,
    objects: [],
    at: null,
  });
  return views.flatMap((view): Diagnostic[] => {
    const { link } = view;
    const last = generationOf(view);
    const why = waiting.get(link.address);
    return [
      ...(receiptOf(view) && link.former !== true && link.copyGeneration < last
        ? [
            warning(
              'GenerationLowered',
              link.address,
              `\`copy_generation\` is ${link.copyGeneration}, and the last copy was of generation ${last}: nothing is copied`,
              `write ${last}, or ${last + 1} to copy once more`,
            ),
          ]
        : []),
      ...(why === undefined ? [] : [warning('CopyAgainWaits', link.address, `its copy, due again, ${why}`, 'it begins when that is over')]),
    ];
  });
}
