import { posix } from 'node:path';

/** One import of a source file. */
export interface SourceImport {
  /** 1-based. */
  readonly line: number;
  /** As written: "../domain/TaskId", "@core/errors/AppError", "bullmq"; "Bun" and "process.env" for the globals. */
  readonly specifier: string;
  /** What it stands for: "backend/tasks/domain/TaskId", "core/errors/AppError", "bullmq". */
  readonly target: string;
}

const NOT_CODE = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\[\s\S]|[^`\\])*`/g;
const TEXT_OR_NOT_CODE = new RegExp(
  `${/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/.source}|${NOT_CODE.source}`,
  'g',
);
const IMPORTS = [
  /\b(?:import|export)\b[^'";]*?\bfrom\s*(['"])(?<specifier>[^'"]+)\1/g,
  /(?<![\w:.'"-])(?:import\s*\(?|require\s*\()\s*(['"])(?<specifier>[^'"]+)\1/g,
] as const;
const BUN_GLOBAL = /(?<![.\w])(?<specifier>Bun)\./g;
const ENVIRONMENT = /(?<![.\w])(?<specifier>process\.env)\b/g;
const BUN_META = /\bimport\.meta\.(?:dir|file|path|env|require)\b/g;

/**
 * Lists the imports of a source file, type-only ones included (Bun's own scanner drops those), in order of lines.
 *
 * @param file path below the packages, without "src": "backend/tasks/queue/TaskQueue.ts".
 */
export const listImports = (file: string, source: string): readonly SourceImport[] => {
  const code = blankOut(source);
  const withoutTexts = code.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, blankOutMatch);
  const found = [
    ...IMPORTS.flatMap((pattern) => findAll(code, pattern)),
    ...[BUN_GLOBAL, BUN_META, ENVIRONMENT].flatMap((pattern) => findAll(withoutTexts, pattern)),
  ];
  return found
    .map(({ line, specifier }) => ({ line, specifier, target: toTarget(file, specifier) }))
    .sort((one, other) => one.line - other.line);
};

/** Comments and templates become spaces, so that an import inside them is none; lines keep their numbers. */
const blankOut = (source: string): string =>
  source.replace(TEXT_OR_NOT_CODE, (match) => (/^['"]/.test(match) ? match : blankOutMatch(match)));

const blankOutMatch = (match: string): string => match.replace(/[^\n]/g, ' ');

const findAll = (code: string, pattern: RegExp): readonly Omit<SourceImport, 'target'>[] =>
  [...code.matchAll(pattern)].map((match) => ({
    line: code.slice(0, match.index + match[0].length).split('\n').length,
    specifier: match.groups?.['specifier'] ?? 'Bun',
  }));

const toTarget = (file: string, specifier: string): string => {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  return specifier.replace(/^@(core|backend)\//, '$1/');
};
