// The book (docs/book, Markdown) as modules: `virtual:book` lists its pages, each page is a chunk of its own.
// Rendered when the pages are built, so that no renderer and no outside file is needed to read it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import MarkdownIt from 'markdown-it';

const LIST = 'virtual:book';
const PAGE = 'virtual:book/';

/** Files below `root`, those of folders behind those of the root. */
function files(root, folder = root) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name));
  const own = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md')).map((entry) => relative(root, join(folder, entry.name)));
  const below = entries.filter((entry) => entry.isDirectory()).flatMap((entry) => files(root, join(folder, entry.name)));
  return [...own, ...below];
}

const slug = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
const name = (file) => file.replace(/\.md$/, '').split('\\').join('/');

function renderer(file) {
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false });
  const plain = md.renderer.renderToken.bind(md.renderer);
  // Alignment comes as a style attribute, which the policy of the pages forbids.
  for (const cell of ['th_open', 'td_open']) {
    md.renderer.rules[cell] = (tokens, index, options) => {
      const style = tokens[index].attrGet('style') ?? '';
      tokens[index].attrs = style.includes('right') ? [['class', 'number']] : null;
      return plain(tokens, index, options);
    };
  }
  // Wide tables and code scroll by themselves, and by keyboard.
  md.renderer.rules.table_open = () => '<div class="scroll" tabindex="0"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (...all) => fence(...all).replace('<pre>', '<pre tabindex="0">');
  md.renderer.rules.heading_open = (tokens, index, options) => {
    tokens[index].attrSet('id', slug(tokens[index + 1].content));
    return plain(tokens, index, options);
  };
  md.renderer.rules.link_open = (tokens, index, options) => {
    tokens[index].attrSet('href', address(file, tokens[index].attrGet('href') ?? ''));
    return plain(tokens, index, options);
  };
  return md;
}

/** Links to other pages of the book stay inside; what lies outside of it is named, not linked to. */
function address(file, href) {
  if (/^[a-z]+:/i.test(href) || href.startsWith('#')) return href;
  const [path, hash] = href.split('#');
  const target = join(file, '..', path ?? '').split('\\').join('/');
  if (target.startsWith('..') || !target.endsWith('.md')) return '/docs';
  return `/docs/${name(target)}${hash ? `#${hash}` : ''}`;
}

function page(root, file) {
  const text = readFileSync(join(root, file), 'utf8');
  const md = renderer(file);
  const tokens = md.parse(text, {});
  const headings = tokens.flatMap((token, index) =>
    token.type === 'heading_open' ? [{ level: Number(token.tag.slice(1)), text: tokens[index + 1].content.replace(/`/g, '') }] : [],
  );
  const title = headings.find((heading) => heading.level === 1)?.text ?? name(file);
  const sections = headings.filter((heading) => heading.level === 2).map(({ text: words }) => ({ id: slug(words), text: words }));
  return { name: name(file), title, sections, html: md.renderer.render(tokens, md.options, {}) };
}

export function book(root) {
  return {
    name: 'learnware-book',
    resolveId(id) {
      return id === LIST || id.startsWith(PAGE) ? `\0${id}` : undefined;
    },
    load(id) {
      if (id === `\0${LIST}`) {
        const pages = files(root).map((file) => page(root, file));
        const list = pages.map(({ name: key, title, sections }) => ({ name: key, title, sections }));
        const loaders = list.map(({ name: key }) => `${JSON.stringify(key)}: () => import(${JSON.stringify(PAGE + key)})`);
        return `export const pages = ${JSON.stringify(list)};\nexport const load = { ${loaders.join(', ')} };`;
      }
      if (!id.startsWith(`\0${PAGE}`)) return undefined;
      const file = `${id.slice(PAGE.length + 1)}.md`;
      this.addWatchFile(join(root, file));
      return `export default ${JSON.stringify(page(root, file).html)};`;
    },
  };
}
