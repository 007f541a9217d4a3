/**
 * What every mail looks like around its words: two templates of [eta](https://eta.js.org), in which `it` is a
 * {@link LayoutValues}. `<%= … %>` in the HTML escapes.
 *
 * @example
 * const layout: MailLayout = { text: defaultLayout.text, html: await readFile('mail.eta', 'utf8') };
 */
export interface MailLayout {
  readonly text: string;
  readonly html: string;
}

/** What a layout is given. All of it is plain text. */
export interface LayoutValues {
  /** The language of the words, such as `de`. */
  readonly language: string;
  /** Who sends this, such as the tenant's name. */
  readonly sender: string;
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** What the mail asks to do, and where; undefined if it only tells something. */
  readonly action: { readonly label: string; readonly link: string } | undefined;
  /** What stands below, in small print. */
  readonly afterword: readonly string[];
}

/** The layout that mails have by default: a white card, without pictures, scripts or anything fetched. */
export const defaultLayout: MailLayout = {
  text: `<%= it.sender %>


<%= it.paragraphs.join('\\n\\n') %>


<% if (it.action) { -%>
<%= it.action.label %>:
<%= it.action.link %>


<% } -%>
<% if (it.afterword.length > 0) { -%>
--${' '}
<%= it.afterword.join('\\n') %>

<% } -%>
`,
  html: `<!doctype html>
<html lang="<%= it.language %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title><%= it.subject %></title>
</head>
<body style="margin:0;padding:24px 12px;background:#f3f4f6;color:#1f2937;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:8px">
<p style="margin:0 0 24px;font-weight:600"><%= it.sender %></p>
<% for (const paragraph of it.paragraphs) { -%>
<p style="margin:0 0 16px"><%= paragraph %></p>
<% } -%>
<% if (it.action) { -%>
<p style="margin:24px 0"><a href="<%= it.action.link %>" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none"><%= it.action.label %></a></p>
<p style="margin:0 0 16px;font-size:13px;word-break:break-all"><%= it.action.link %></p>
<% } -%>
<% if (it.afterword.length > 0) { -%>
<hr style="margin:24px 0;border:0;border-top:1px solid #e5e7eb">
<% for (const line of it.afterword) { -%>
<p style="margin:0 0 4px;font-size:13px;color:#6b7280"><%= line %></p>
<% } -%>
<% } -%>
</div>
</body>
</html>
`,
};
