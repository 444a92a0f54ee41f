import Crypto
import FoundationEssentials

/// The page's looks. In the page itself, as nothing is loaded from anywhere.
enum StyleSheet {
    /// For the content security policy: no other style is in force, whatever text gets into the page.
    static let hash = "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()

    static let element = Markup(css: text)

    private static let text = """
        :root {
          color-scheme: light dark;
          --page: #f6f7f9; --card: #ffffff; --line: #e2e5ea; --text: #171a21; --soft: #596273;
          --link: #1d5fd1; --good: #137a3f; --good-back: #e3f5ea; --warn: #8a5300; --warn-back: #fdf0d8;
          --bad: #b3261e; --bad-back: #fde8e6; --calm: #4b5565; --calm-back: #eceff3;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #0f1216; --card: #181c22; --line: #2b313a; --text: #e8ebf0; --soft: #9aa4b4;
            --link: #82b1ff; --good: #6fd79b; --good-back: #12301f; --warn: #f2bd62; --warn-back: #33260d;
            --bad: #ff9c94; --bad-back: #3c1815; --calm: #b3bccb; --calm-back: #262c35;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--page); color: var(--text);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
        }
        a { color: var(--link); }
        a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--link);
          outline-offset: 2px; }
        .skip { position: absolute; left: -999em; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
        header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1.25rem; }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding-top: 1.25rem; }
        header h1 { display: flex; align-items: center; gap: .55rem; margin: 0; font-size: 1.15rem;
          letter-spacing: -.01em; }
        header svg { width: 1.6rem; height: 1.6rem; color: var(--link); }
        header nav { margin-left: auto; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem;
          font-size: .87rem; }
        footer { color: var(--soft); font-size: .82rem; padding-top: 1rem; padding-bottom: 2rem; }
        h2 { margin: 2rem 0 .6rem; font-size: 1rem; }
        h2 small { color: var(--soft); font-weight: 400; font-size: .85rem; margin-left: .35rem; }
        .verdict { margin: 1.1rem 0 0; border: 1px solid var(--line); border-left: .3rem solid var(--good);
          border-radius: .6rem; background: var(--card); padding: .9rem 1.1rem; }
        .verdict h2 { margin: 0; font-size: 1.08rem; }
        .verdict.warn { border-left-color: var(--warn); }
        .verdict.bad { border-left-color: var(--bad); }
        .verdict ul { list-style: none; margin: .7rem 0 0; padding: 0; }
        .verdict li { display: flex; gap: .7rem; align-items: baseline; padding: .5rem 0;
          border-top: 1px solid var(--line); }
        .verdict li > div { min-width: 0; }
        .verdict strong { font-weight: 600; }
        .verdict .badge { flex: none; min-width: 5rem; text-align: center; }
        .verdict p { margin: .1rem 0 0; color: var(--soft); }
        .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: .9rem 0 0; padding: 0; }
        .tiles div { display: flex; flex-direction: column-reverse; background: var(--card);
          border: 1px solid var(--line);
          border-radius: .6rem; padding: .65rem 1rem; }
        .tiles dt { color: var(--soft); font-size: .82rem; }
        .tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.25;
          font-variant-numeric: tabular-nums; }
        .tiles .bad dd { color: var(--bad); }
        .tiles .warn dd { color: var(--warn); }
        table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card);
          border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
        th, td { padding: .5rem .8rem; text-align: left; vertical-align: baseline; overflow-wrap: anywhere; }
        thead th { color: var(--soft); font-size: .8rem; font-weight: 500; white-space: nowrap; overflow-wrap: normal; }
        tbody th { font-weight: 600; min-width: 7rem; }
        .text { min-width: 11rem; }
        tbody th, td { border-top: 1px solid var(--line); }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .short { white-space: nowrap; }
        .soft, .about { color: var(--soft); }
        .about { display: block; font-size: .85rem; font-weight: 400; }
        .wrong { color: var(--bad); }
        .empty { margin: 0; padding: .9rem 1.1rem; color: var(--soft); background: var(--card);
          border: 1px dashed var(--line); border-radius: .6rem; }
        .badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
          white-space: nowrap; color: var(--calm); background: var(--calm-back); }
        .badge.good { color: var(--good); background: var(--good-back); }
        .badge.warn { color: var(--warn); background: var(--warn-back); }
        .badge.bad { color: var(--bad); background: var(--bad-back); }
        code { font: .86em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--calm-back);
          border-radius: .3rem; padding: .1rem .35rem; overflow-wrap: anywhere; }
        form { margin: 0; }
        button { font: inherit; cursor: pointer; color: var(--link); background: none; border: 0; padding: 0;
          text-decoration: underline; }
        .login { max-width: 23rem; margin: 12vh auto 0; padding: 1.75rem; background: var(--card);
          border: 1px solid var(--line); border-radius: .8rem; }
        .login h1 { display: flex; gap: .55rem; align-items: center; margin: 0 0 .25rem; font-size: 1.15rem; }
        .login svg { width: 1.6rem; height: 1.6rem; color: var(--link); }
        .login p { margin: 0 0 1rem; color: var(--soft); }
        .login p.wrong { color: var(--bad); }
        .login label { display: block; font-weight: 600; margin-bottom: .3rem; }
        .login input { width: 100%; font: inherit; color: inherit; background: var(--page);
          border: 1px solid var(--soft);
          border-radius: .45rem; padding: .55rem .7rem; }
        .login button { width: 100%; margin-top: 1rem; padding: .6rem; border-radius: .45rem; background: #1d5fd1;
          color: #ffffff; font-weight: 600; text-decoration: none; }
        @media (max-width: 44rem) {
          header, main, footer { padding-left: .9rem; padding-right: .9rem; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          table, tbody, tr, tbody th, td { display: block; width: 100%; }
          tr { padding: .6rem .9rem; border-top: 1px solid var(--line); }
          tbody tr:first-child { border-top: 0; }
          tbody th, td, .number, .short, .text { min-width: 0; border: 0; padding: .12rem 0; text-align: left;
            white-space: normal; }
          td[data-label] { display: grid; grid-template-columns: 7.5rem 1fr; gap: .5rem; }
          td[data-label]::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
          td.none { display: none; }
        }
        @media (forced-colors: active) { .badge, .verdict { border: 1px solid; } }
        """
}
