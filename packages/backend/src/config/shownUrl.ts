const host = '[\\w.-]+(?::\\d+)?';
const plainHosts = new RegExp(`^${host}(?:,(?:rediss?://)?${host})*(?:/[\\w./-]*)?$`);

/**
 * Shows a URL in an error message without what may be secret: user and password never appear, and what cannot be
 * told apart from them (a broken URL, a query) does not either.
 */
export const toShownUrl = (url: string): string => {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)(.*)$/s.exec(url) ?? [];
  if (scheme === undefined || rest === undefined)
    return `a text of ${url.length} characters without scheme://`;
  const hosts = rest.slice(rest.lastIndexOf('@') + 1);
  const credentials = rest.includes('@') ? '[redacted]@' : '';
  return JSON.stringify(`${scheme}${credentials}${plainHosts.test(hosts) ? hosts : '[redacted]'}`);
};
