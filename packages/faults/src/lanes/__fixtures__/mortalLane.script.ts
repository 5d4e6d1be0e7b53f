/** A lane whose scenarios are named after what becomes of it. Its trials last as long as the number of its process. */
import { type TrialRequest } from '../Trial';

process.on('message', (request: TrialRequest) => {
  if (request.caseName === 'dies') process.exit(3);
  if (request.caseName === 'is-killed') process.kill(process.pid, 'SIGKILL');
  if (request.caseName === 'breaks') return process.send?.({ broken: 'no Redis' });
  const facts = { violations: [], lostCount: 0, extraRunCount: 0, slowestMs: 0, report: '' };
  return process.send?.({ trial: { ...request, ...facts, durationMs: process.pid } });
});
process.on('disconnect', () => process.exit(0));
