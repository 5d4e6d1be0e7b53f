import { type SourceImport } from './SourceImport';

/** What some files may not import, and why. Paths are those of SourceImport: "backend/tasks/domain/TaskId". */
export interface ImportRule {
  /** Files it holds for, without ".ts". */
  readonly from: RegExp;
  /** Files among them that it does not hold for. */
  readonly except?: RegExp;
  /** Imports it is about. */
  readonly target: RegExp;
  /** Imports among them that are fine. */
  readonly allowed?: RegExp;
  /** True: holds for tests, mocks and fixtures too. Default: false. */
  readonly includesTests?: boolean;
  /** One sentence for whoever breaks it. */
  readonly reason: string;
}

const TEST_CODE = /\.test\.ts$|\/__(?:mocks|fixtures)__\/|^backend\/testPreload\.ts$/;

/**
 * Lists the lines that break a rule: "packages/core/src/a.ts:3 imports bullmq: core is plain data".
 *
 * @param file path below the packages, without "src": "core/a.ts".
 */
export const findViolations = (
  rules: readonly ImportRule[],
  file: string,
  imports: readonly SourceImport[],
): readonly string[] => {
  const applied = rules.filter((rule) => holdsFor(rule, file));
  return imports.flatMap(({ line, specifier, target }) =>
    applied
      .filter((rule) => rule.target.test(target) && !rule.allowed?.test(target))
      .map(
        ({ reason }) =>
          `${file.replace('/', '/src/').replace(/^/, 'packages/')}:${line} imports ${specifier}: ${reason}`,
      ),
  );
};

const holdsFor = ({ from, except, includesTests = false }: ImportRule, file: string): boolean => {
  if (TEST_CODE.test(file) && !includesTests) return false;
  const name = file.replace(/\.ts$/, '');
  return from.test(name) && !except?.test(name);
};
