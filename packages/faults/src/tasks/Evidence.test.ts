import { afterEach, describe, expect, it } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EVIDENCE_FILE, machineNowMs, note, parseEvidence } from './Evidence';

const SCRIPT = fileURLToPath(new URL('__fixtures__/noteLines.script.ts', import.meta.url));

const facts = { call: 3, taskId: 'task-3', attempt: 2, correlationId: 'correlation-3' };

const setup = () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-evidence-'));
  const path = join(folder, 'evidence.jsonl');
  process.env[EVIDENCE_FILE] = path;
  return {
    path,
    read: () => readFileSync(path, 'utf8'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};

afterEach(() => {
  delete process.env[EVIDENCE_FILE];
});

describe('machineNowMs', () => {
  it('is the clock of the machine', () => {
    expect(Math.abs(machineNowMs() - Date.now())).toBeLessThan(1000);
  });

  it('never goes back', () => {
    const times = Array.from({ length: 1000 }, machineNowMs);

    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });
});

describe('note', () => {
  it('writes a line that parseEvidence reads, with process and time', () => {
    using evidence = setup();
    const fromMs = machineNowMs();

    note('start', 'run-3', facts);

    const [line, ...others] = parseEvidence(evidence.read());
    expect(line).toEqual({
      event: 'start',
      ...facts,
      run: 'run-3',
      pid: process.pid,
      atMs: expect.any(Number),
    });
    expect(line?.atMs).toBeWithin(fromMs, machineNowMs() + 0.001);
    expect(others).toEqual([]);
  });

  it('adds line to line', () => {
    using evidence = setup();

    note('start', 'run-3', facts);
    note('effect', 'run-3', facts);
    note('end', 'run-3', facts);

    expect(parseEvidence(evidence.read()).map(({ event }) => event)).toEqual(['start', 'effect', 'end']);
  });

  it('never mixes the lines of several processes', async () => {
    using evidence = setup();
    const [childCount, lineCount] = [4, 300];

    const codes = await Promise.all(
      Array.from(
        { length: childCount },
        () =>
          Bun.spawn([process.execPath, '--no-install', SCRIPT, String(lineCount)], {
            env: { ...process.env, [EVIDENCE_FILE]: evidence.path },
            stderr: 'inherit',
          }).exited,
      ),
    );

    const lines = parseEvidence(evidence.read());
    const lineCounts = [...Map.groupBy(lines, ({ pid }) => pid).values()].map(({ length }) => length);
    expect(codes).toEqual(Array(childCount).fill(0));
    expect(lineCounts).toEqual(Array(childCount).fill(lineCount));
  });

  it('says what is missing when it does not know where to write', () => {
    expect(() => note('start', 'run-3', facts)).toThrow(
      new Error(`expected ${EVIDENCE_FILE} to be set, got nothing`),
    );
  });
});

describe('parseEvidence', () => {
  it('reads nothing from an empty file', () => {
    expect(parseEvidence('')).toEqual([]);
  });

  it('leaves a last line out that is cut short', () => {
    using evidence = setup();
    note('start', 'run-3', facts);
    note('end', 'run-3', facts);

    const text = evidence.read();

    expect(parseEvidence(text.slice(0, -10)).map(({ event }) => event)).toEqual(['start']);
    expect(parseEvidence(text.slice(0, -1)).map(({ event }) => event)).toEqual(['start']);
  });
});
