/**
 * Loaded before the shipped entry points: gives them the registry of the bench in place of the application's, as an
 * application of one's own would, and a clock that is set wrong where the scenario wants it.
 */
import { fileURLToPath } from 'node:url';
import { setClockAhead } from '../tasks/clockAhead';

const registry = fileURLToPath(new URL('faultTask.ts', import.meta.url));

Bun.plugin({
  name: 'registry of the fault bench',
  setup: (build) => {
    build.onLoad({ filter: /\/backend\/src\/tasks\/tasks\.config\.ts$/ }, () => ({
      contents: `export { tasks } from ${JSON.stringify(registry)};\nexport const resources = [];`,
      loader: 'ts',
    }));
  },
});

setClockAhead();
