import { describe, expect, it } from 'bun:test';
import { type Profiler } from 'node:inspector';
import { type CpuPart, toCpuShares } from './CpuParts';

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** A profile of one stack, whose innermost frame every sample is in. */
const profileOf = (frames: readonly Frame[]): Profiler.Profile => ({
  nodes: frames.map((frame, index) => ({
    id: index + 1,
    callFrame: { ...frame, scriptId: '0', lineNumber: 0, columnNumber: 0 },
    ...(index + 1 < frames.length ? { children: [index + 2] } : {}),
  })),
  startTime: 0,
  endTime: 1,
  samples: [frames.length, frames.length],
});

const inFile = (url: string): Frame => ({ functionName: 'work', url });
const builtIn = (functionName: string): Frame => ({ functionName, url: '' });

describe('toCpuShares', () => {
  const ledgerFile = inFile('file:///drover/packages/backend/src/tasks/ledger/GroupCommit.ts');
  const cases: [name: string, frames: Frame[], part: CpuPart][] = [
    ['a statement of SQLite', [ledgerFile, inFile('bun:sqlite'), builtIn('all')], 'statements'],
    ['the writer of the ledger', [ledgerFile], 'ledger'],
    ['the ledger of a worker', [inFile('file:///a/backend/src/tasks/worker/AttemptLedger.ts')], 'ledger'],
    ['a command', [ledgerFile, inFile('file:///a/node_modules/ioredis/built/Command.js')], 'queue'],
    ['JSON, whoever asks', [ledgerFile, builtIn('stringify')], 'JSON'],
    ['validation', [inFile('file:///a/node_modules/zod/v4/core/parse.js')], 'rest'],
    ['a function of that name', [inFile('file:///a/other.ts'), builtIn('call')], 'rest'],
  ];

  it.each(cases)('counts %s as what it is', (_name, frames, part) => {
    const none = { queue: 0, statements: 0, ledger: 0, JSON: 0, rest: 0 };

    expect(toCpuShares(profileOf(frames))).toEqual({ ...none, [part]: 1 });
  });

  it('shares nothing out when nothing was sampled', () => {
    const shares = toCpuShares({ ...profileOf([ledgerFile]), samples: [] });

    expect(Object.values(shares)).toEqual([0, 0, 0, 0, 0]);
  });
});
