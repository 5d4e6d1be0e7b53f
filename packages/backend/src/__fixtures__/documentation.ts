import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the repository. */
export const root = join(import.meta.dir, '../../../..');

/** Reads a file by its path from the root. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Every page, by its path from the root. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...[...new Bun.Glob('docs/**/*.md').scanSync({ cwd: root })].sort(),
];

/** A fenced block of any language. */
export const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Rows of the table below a heading, cell by cell, without its head. */
export const tableOf = (markdown: string, heading: string): readonly (readonly string[])[] => {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
};

/** A cell without its backticks. */
export const unquote = (cell = ''): string => cell.replaceAll('`', '');

/** The texts of a union of strings, read from the source: a type has no value to ask. */
export const unionMembers = (path: string, name: string): readonly string[] => {
  const union = new RegExp(`export type ${name} =([^;]*);`).exec(read(path))?.[1] ?? '';
  return [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member);
};

/** The names of an interface's fields, read from the source. */
export const interfaceFields = (path: string, name: string): readonly string[] => {
  const body = new RegExp(`export interface ${name}\\b[^{]*{([\\s\\S]*?)^}`, 'm').exec(read(path))?.[1] ?? '';
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field = '']) => field);
};

/** In order, each once. */
export const sorted = (texts: Iterable<string>): readonly string[] => [...new Set(texts)].toSorted();
