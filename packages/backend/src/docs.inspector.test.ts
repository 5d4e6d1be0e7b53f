import { describe, expect, it } from 'bun:test';
import { interfaceFields, read, tableOf, unquote } from './__fixtures__/documentation';
import { createTaskRegistry } from './tasks/domain/TaskRegistry';
import { statsQueryProblems } from './tasks/inspector/StatsQuery';
import { taskQueryProblems } from './tasks/inspector/TaskQuery';
import { SAMPLE_LIMIT } from './tasks/queue/readQueueTimes';

const folder = 'packages/backend/src/tasks/inspector';
const page = read('docs/reference/inspector.md');
const registry = createTaskRegistry([]);

/** The reasons of `TaskFact` and the fields beside each, read from the source. */
const factRows = (): readonly (readonly string[])[] => {
  const [, union = ''] = /export type TaskFact =([\s\S]*?)\n\n/.exec(read(`${folder}/TaskFact.ts`)) ?? [];
  return [...union.matchAll(/\{[^}]*\}/g)].map(([member]) => {
    const [, reason = ''] = /reason: '([^']+)'/.exec(member) ?? [];
    const fields = [...member.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field);
    return [reason, ...fields.filter((field) => field !== 'reason')];
  });
};

describe('docs/reference/inspector.md', () => {
  it.each([
    ['Query of getTasks', 'TaskQuery', `${folder}/TaskQuery.ts`],
    ['Query of getStats', 'StatsQuery', `${folder}/StatsQuery.ts`],
    ['TaskStats', 'TaskStats', `${folder}/TaskStats.ts`],
    ['TaskTrace', 'TaskTrace', `${folder}/TaskTrace.ts`],
    ['TracedTask', 'TracedTask', `${folder}/TaskTrace.ts`],
    ['TaskAttempt', 'TaskAttempt', 'packages/backend/src/tasks/ledger/LedgerHistory.ts'],
  ])('lists under %s the fields of %s', (heading, name, path) => {
    const fields = interfaceFields(path, name);

    expect(tableOf(page, heading).map(([field]) => unquote(field))).toEqual([...fields]);
    expect(fields.length).toBeGreaterThan(1);
  });

  it.each([
    ['Query of getTasks', taskQueryProblems],
    ['Query of getStats', statsQueryProblems],
  ])('has under %s the ranges of the code', (heading, problems) => {
    const ranges = tableOf(page, heading).flatMap(([field, , , range = '']) => {
      const [, min, max] = /^(\d+) to (\d+)$/.exec(range) ?? [];
      return min === undefined ? [] : [{ field: unquote(field), min: Number(min), max: Number(max) }];
    });
    const refused = ranges.map(({ field, min, max }) =>
      [min - 1, min, max, max + 1].map((value) => problems({ [field]: value }, registry).length > 0),
    );

    expect(refused).toEqual([[true, false, false, true]]);
  });

  it('lists every reason with its fields', () => {
    const listed = tableOf(page, 'Reasons').map(([reason, fields = '']) => [
      unquote(reason),
      ...(fields === '-' ? [] : unquote(fields).split(', ')),
    ]);

    expect(listed).toEqual(factRows().map((row) => [...row]));
    expect(listed.length).toBeGreaterThan(10);
  });

  it('says how many tasks a sample has at most', () => {
    expect(page).toContain(`at most ${2 * SAMPLE_LIMIT} |`);
  });
});
