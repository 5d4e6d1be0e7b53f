import { describe, expect, it } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { FENCE, pages, read, root, sorted, tableOf, unquote } from './__fixtures__/documentation';
import { configurationKeys } from './config/configurationKeys';

const QUOTED_BLOCK =
  /(?:^<!-- quote: (\S+) -->\n)?^[ \t]*```(?:ts|typescript|tsx|js|javascript)\b[^\n]*\n([\s\S]*?)^[ \t]*```$/gm;

/** Removes the indentation that all lines share, and empty lines around the text. */
const dedent = (text: string): string => {
  const lines = text.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  return lines
    .map((line) => line.slice(Math.min(...indents)).trimEnd())
    .join('\n')
    .trim();
};

/** The text a quote stands for: a whole file, or the lines between `// #region name` and `// #endregion`. */
const quotedText = (reference: string): string => {
  const [path = '', region] = reference.split('#');
  if (!/^packages\/examples\/src\/.+\.ts$/.test(path) || !existsSync(join(root, path))) {
    return `expected a file of packages/examples/src, got ${reference}`;
  }
  if (region === undefined) return read(path).trim();
  const pattern = new RegExp(`^[ \\t]*// #region ${region}\\n([\\s\\S]*?)^[ \\t]*// #endregion`, 'm');
  const found = pattern.exec(read(path))?.[1];
  return found === undefined ? `expected ${path} to have a region ${region}` : dedent(found);
};

/** A link target as people write headings: GitHub's way from a heading to an anchor. */
const toAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (markdown: string): readonly string[] =>
  [...markdown.replace(FENCE, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => toAnchor(heading));

describe.each(pages)('%s', (page) => {
  const markdown = read(page);
  const prose = markdown.replace(FENCE, '');

  it('quotes every TypeScript block from an example that runs', () => {
    const blocks = [...markdown.matchAll(QUOTED_BLOCK)];
    const shown = blocks.map(([, reference, text = '']) => ({ reference, text: text.trim() }));
    expect(shown).toEqual(
      shown.map(({ reference }) => ({
        reference,
        text:
          reference === undefined ? 'expected <!-- quote: ... --> above the block' : quotedText(reference),
      })),
    );
  });

  it('links to what is there', () => {
    const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : relative(root, join(root, dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names files and make targets that exist', () => {
    const code = [...markdown.matchAll(/`[^`\n]+`|^```(?:sh|bash)\n[\s\S]*?^```$/gm)].map(([text]) => text);
    const files = code.flatMap((text) => text.match(/(?:packages|docs|\.ci)\/[\w./-]*\w/g) ?? []);
    const targets = code.flatMap((text) =>
      [...text.matchAll(/\bmake ([a-z][a-z/-]*)/g)].map(([, name]) => name),
    );
    const makefile = read('Makefile');
    expect({
      files: files.filter((file) => !existsSync(join(root, file)) && !existsSync(join(root, `${file}.ts`))),
      targets: targets.filter((name) => !new RegExp(`^${name}:`, 'm').test(makefile)),
    }).toEqual({ files: [], targets: [] });
  });

  it('names no path of one machine', () => {
    expect(markdown.match(/(?<![\w.:/-])\/(?:work|root|tmp|home|opt|Users|mnt)\b/g) ?? []).toEqual([]);
  });

  it('names environment variables that exist, with the defaults they have', () => {
    const defaults = new Map(configurationKeys.map((key): [string, string] => [key.name, key.default]));
    const named = [...prose.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`(?: \((\d+)\))?/g)];
    const wrong = named.filter(
      ([, name = '', value]) => !defaults.has(name) || (value !== undefined && defaults.get(name) !== value),
    );
    const known = ['TEST_REDIS_URL', 'WORKER_CONCURENCY']; // set for tests, and a misspelling on purpose
    const ofTheBench = /^`FAULT_/; // read by packages/faults alone
    expect(
      wrong.map(([text]) => text).filter((text) => !known.includes(unquote(text)) && !ofTheBench.test(text)),
    ).toEqual([]);
  });
});

describe('docs/decisions', () => {
  it('are all in the map, and each has a problem, a decision and consequences', () => {
    const decisions = pages.filter((page) => page.startsWith('docs/decisions/'));
    const map = read('docs/README.md');
    const wrong = decisions.filter((page) => {
      const headings = [...read(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      return !map.includes(page.replace('docs/', '')) || headings.join() !== 'Problem,Decision,Consequences';
    });
    expect({ wrong, hasDecisions: decisions.length > 0 }).toEqual({ wrong: [], hasDecisions: true });
  });
});

describe('docs/guides/capabilities.md', () => {
  it('names every example, and an example for each capability', () => {
    const rows = tableOf(`## Table\n${read('docs/guides/capabilities.md')}`, 'Table');
    const linked = rows.map(([, , , example = '']) =>
      [...example.matchAll(/packages\/examples\/src\/(\w+)\.ts/g)].map(([, name = '']) => name),
    );
    const files = [...new Bun.Glob('*.ts').scanSync({ cwd: join(root, 'packages/examples/src') })];
    const scripts = files
      .filter((file) => !/\.test\.ts$|^(NotesService|indexNoteTask|exchangeTask)\./.test(file))
      .map((file) => file.replace('.ts', ''));

    expect(linked.filter((names) => names.length === 0)).toEqual([]);
    expect(sorted(linked.flat())).toEqual(sorted(scripts));
  });
});
