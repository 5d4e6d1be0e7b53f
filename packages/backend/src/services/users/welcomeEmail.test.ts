import { describe, expect, it } from 'bun:test';
import { escapeHtml, getWelcomeEmail } from './welcomeEmail';

describe('getWelcomeEmail', () => {
  it('names the user in subject, text and HTML', () => {
    const { subject, text, html } = getWelcomeEmail('Ada');
    expect(subject).toBe('Welcome, Ada!');
    expect(text).toStartWith('Hello Ada,\n');
    expect(html).toContain('<p>Hello Ada,</p>');
  });

  it('escapes the name in HTML only', () => {
    const { text, html } = getWelcomeEmail('<img src=x onerror="alert(\'1\')"> & co');
    expect(text).toContain('Hello <img src=x onerror="alert(\'1\')"> & co,');
    expect(html).toContain('Hello &lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co,');
    expect(html).not.toContain('<img');
  });

  it('keeps the subject on one line', () => {
    expect(getWelcomeEmail(' Ada\r\nBcc: eve@example.test\u0000').subject).toBe(
      'Welcome, Ada Bcc: eve@example.test!',
    );
  });
});

describe('escapeHtml', () => {
  it('escapes every special character, each once', () => {
    expect(escapeHtml(`&<>"'&amp;`)).toBe('&amp;&lt;&gt;&quot;&#39;&amp;amp;');
  });
});
