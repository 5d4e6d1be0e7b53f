import { describe, expect, it } from 'bun:test';
import { createMemoryStepStore } from './__fixtures__/MemoryStepStore';
import { decideCallChange, decideEndChange } from './StepOrder';
import { type StepChange } from './TaskStep';

const { steps: stored } = createMemoryStepStore(['a', 'b', 'c']);
const withGap = stored.filter(({ name }) => name !== 'b');

describe('decideCallChange', () => {
  const cases: [name: string, place: number, change: StepChange | undefined][] = [
    ['a', 0, undefined],
    ['c', 2, undefined],
    ['b', 0, { kind: 'moved', step: 'b', storedPlace: 1, calledPlace: 0 }],
    ['x', 1, { kind: 'replaced', step: 'x', storedStep: 'b', calledPlace: 1 }],
    ['x', 3, undefined],
  ];

  it.each(cases)('of a call of %s as number %i, after a, b and c', (name, place, change) => {
    expect(decideCallChange(stored, { name, place })).toEqual(change);
  });

  it('lets a step take the place of one that did not end', () => {
    expect(decideCallChange(withGap, { name: 'x', place: 1 })).toBeUndefined();
  });

  it('is none in a first attempt', () => {
    expect(decideCallChange([], { name: 'x', place: 7 })).toBeUndefined();
  });
});

describe('decideEndChange', () => {
  it('names a stored step that was not called', () => {
    expect(decideEndChange(stored, new Set(['a', 'c', 'd']))).toEqual({
      kind: 'skipped',
      step: 'b',
      storedPlace: 1,
    });
  });

  it('is none when all were called', () => {
    expect(decideEndChange(stored, new Set(['c', 'b', 'a', 'd']))).toBeUndefined();
  });
});
