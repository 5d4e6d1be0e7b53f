import { describe, expect, it } from 'bun:test';
import { type StoredStep } from '../domain/TaskStep';
import { parseStepChange, parseStepField, parseStepLines, toStepField, toStepLine } from './StepFields';

const step: StoredStep = {
  name: 'charge\n"card"',
  place: 3,
  endedAtMs: 1000,
  isResult: true,
  value: { id: 1 },
};

describe('the field of a step', () => {
  it.each([
    ['with a value', step],
    ['with nothing', { ...step, isResult: false, value: undefined }],
    ['with null', { ...step, value: null }],
  ])('is read as it was written: %s', (_what, written) => {
    expect(parseStepField(written.name, toStepField(written))).toEqual(written);
  });

  it.each(['', '{}', '[1]', '["0",1,true]', '[0,1,1]'])('that is %p cannot be read', (text) => {
    expect(() => parseStepField('a', text)).toThrow();
  });
});

describe('the list of steps', () => {
  it('is read in the order of the places', () => {
    const text = toStepLine(step) + toStepLine({ ...step, name: 'first', place: 0 });

    expect(parseStepLines(text)).toEqual([
      { name: 'first', place: 0, endedAt: new Date(1000) },
      { name: 'charge\n"card"', place: 3, endedAt: new Date(1000) },
    ]);
  });

  it('leaves out what is no line of ours', () => {
    expect(parseStepLines(`\n{}\nx\n["a",1]\n${toStepLine(step)}`)).toHaveLength(1);
    expect(parseStepLines('')).toEqual([]);
  });
});

describe('the change of steps', () => {
  it('is read as it was written, and left out when it is none of ours', () => {
    const change = { kind: 'skipped', step: 'a', storedPlace: 0 } as const;

    expect(parseStepChange(JSON.stringify(change))).toEqual({ stepsChange: change });
    expect(['', 'x', '7', 'null', '{}', undefined].map(parseStepChange)).toEqual(
      Array.from({ length: 6 }, () => ({})),
    );
  });
});
