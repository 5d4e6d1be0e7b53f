import { describe, expect, it } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allCases } from './plan/buildScenario';

const root = join(import.meta.dir, '../../..');
const page = readFileSync(join(root, 'docs/reference/guarantees.md'), 'utf8');
const [promises = ''] = page.split('## Measured');
const sentences = promises.split(/^- /m).slice(1);
const caseNames = allCases.map(({ name }) => name);

/** What a sentence names: the code spans of its last parentheses. */
const evidenceOf = (sentence: string): readonly string[] => {
  const [text = ''] = sentence.split(/\n\n|\n#/);
  const last = /\(([^()]*)\)\.\s*$/.exec(text)?.[1] ?? '';
  return [...last.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
};

const isTest = (name: string): boolean =>
  caseNames.includes(name) || (name.endsWith('.test.ts') && existsSync(join(root, name)));

describe('docs/reference/guarantees.md', () => {
  it('names a fault or a test for every sentence', () => {
    const bare = sentences.filter((sentence) => {
      const evidence = evidenceOf(sentence);
      return evidence.length === 0 || !evidence.every(isTest);
    });
    expect({ bare, hasSentences: sentences.length > 20 }).toEqual({ bare: [], hasSentences: true });
  });

  it('draws on every fault of the bench', () => {
    const named = new Set(sentences.flatMap(evidenceOf));
    expect(caseNames.filter((name) => !named.has(name))).toEqual([]);
  });
});
