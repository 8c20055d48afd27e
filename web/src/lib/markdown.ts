/**
 * Markdown of strangers as markup that can do nothing: no HTML, no images, links to the web only. Loaded when a
 * description is shown in full.
 */
export async function markdown(text: string): Promise<string> {
  const { default: MarkdownIt } = await import('markdown-it');
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false });
  md.disable(['image']);
  md.validateLink = (address: string) => /^(https?:\/\/|mailto:)/i.test(address.trim());
  const plain = md.renderer.renderToken.bind(md.renderer);
  md.renderer.rules['link_open'] = (tokens, index, options) => {
    tokens[index]?.attrSet('rel', 'noopener noreferrer nofollow');
    tokens[index]?.attrSet('target', '_blank');
    return plain(tokens, index, options);
  };
  for (const cell of ['th_open', 'td_open']) {
    md.renderer.rules[cell] = (tokens, index, options) => {
      const token = tokens[index];
      if (token) token.attrs = String(token.attrGet('style') ?? '').includes('right') ? [['class', 'number']] : null;
      return plain(tokens, index, options);
    };
  }
  // Headings of a description are below those of the page.
  for (const rule of ['heading_open', 'heading_close']) {
    md.renderer.rules[rule] = (tokens, index, options) => {
      const token = tokens[index];
      if (token) token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 2)}`;
      return plain(tokens, index, options);
    };
  }
  md.renderer.rules['table_open'] = () => '<div class="scroll" tabindex="0"><table>';
  md.renderer.rules['table_close'] = () => '</table></div>';
  return md.render(text);
}

/** The words of a description in one line. */
export function plainText(text: string): string {
  return text.replace(/```[\s\S]*?```/g, ' ').replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[*`#|]+|(?<!\w)_+|_+(?!\w)|^>+/gm, '').replace(/\s+/g, ' ').trim();
}
