import { AwsError } from '../aws-error.ts';

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A document with `inner` (already XML) in a root element of S3's namespace. */
export function xmlDocument(root: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${S3_NAMESPACE}">${inner}</${root}>`;
}

export function xmlElement(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

/** Carriage returns and control characters go as references, or a parser would normalise or refuse them. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/(?![\t\n])\p{Cc}/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

/**
 * The contents of each `<name>` element, still XML. Enough for the small flat documents that S3 clients send; what
 * could hide content from this reading (comments, CDATA, a document type) is refused.
 * @throws AwsError MalformedXML
 */
export function xmlContents(document: string, name: string): string[] {
  if (document.includes('<!')) throw malformedXml();
  const pattern = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^]*?)</(?:\\w+:)?${name}\\s*>`, 'g');
  return [...document.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** The text of the first `<name>` element. */
export function xmlText(document: string, name: string): string | undefined {
  const [content] = xmlContents(document, name);
  return content === undefined ? undefined : unescapeXml(content);
}

export function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema.',
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{1,4});/gi, (_whole, entity: string) => {
    if (!entity.startsWith('#')) {
      const character = ENTITIES[entity];
      if (character === undefined) throw malformedXml();
      return character;
    }
    const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    if (code > 0x10ffff) throw malformedXml();
    return String.fromCodePoint(code);
  });
}
