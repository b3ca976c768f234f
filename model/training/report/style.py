"""How the report looks: one column on a phone, two on a screen, light or dark as the reader's device."""

# Blue and vermilion of Okabe and Ito's palette: told apart with every kind of colour vision.
STYLE = """
:root{color-scheme:light dark;--paper:#fff;--card:#f5f6f8;--ink:#1c2024;--soft:#565e68;--rule:#d5d9de;
--a:#0072b2;--b:#c04a00}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1e2226;--ink:#e8eaed;--soft:#a9b1ba;--rule:#3a4047;
--a:#5bb8ef;--b:#f0913e}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;max-width:70rem;margin:0 auto;padding:1rem;
background:var(--paper);color:var(--ink);overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:1rem;
border-top:1px solid var(--rule)}h3{font-size:1rem;margin:0 0 .5rem}
p{max-width:46rem;margin:.5rem 0}.soft,figcaption{color:var(--soft);font-size:.9rem}.lead{font-size:1.1rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(13rem,45%),1fr));gap:.75rem;margin:1rem 0}
.card{background:var(--card);border-radius:.5rem;padding:.75rem 1rem;font-size:.9rem;color:var(--soft)}
.card b,.card output{display:block;font-size:1.5rem;line-height:1.3;font-weight:600;color:var(--ink);
font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem;margin:1rem 0}
figure{margin:0;max-width:40rem;background:var(--card);border-radius:.5rem;padding:1rem}
svg{display:block;width:100%;height:auto}svg text{font-size:12px;fill:var(--soft)}svg .label{fill:var(--ink)}
svg line{stroke:var(--rule)}svg .axis{stroke:var(--soft)}
svg polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}
polyline.a{stroke:var(--a)}polyline.b{stroke:var(--b);stroke-dasharray:7 3}
polyline.even{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:2 4}
rect.a,circle.a{fill:var(--a)}rect.b,circle.b{fill:var(--b)}
svg .mark{stroke:var(--soft);stroke-dasharray:3 3}svg .marker{stroke:var(--ink);stroke-width:2}
#marker-block{stroke-dasharray:5 3}
.key{display:inline-block;margin-right:1rem;font-size:.9rem}
.key i{display:inline-block;width:1.4rem;border-top:3px solid;margin-right:.4rem;vertical-align:middle}
.key .a{border-color:var(--a)}.key .b{border-color:var(--b);border-top-style:dashed}
.key .even{border-color:var(--soft);border-top-style:dotted}
.wide{overflow-x:auto;margin:.5rem 0 1rem}table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{font-weight:600}th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
td:not(.n){min-width:6rem}@media (max-width:32rem){table{font-size:.8rem}td,th{padding-right:.6rem}}
input[type=range]{width:100%;height:2.5rem;accent-color:var(--a)}
.prices label{display:inline-block;margin:0 1rem .5rem 0}input[type=number]{font:inherit;width:6rem;padding:.3rem .5rem;
border:1px solid var(--soft);border-radius:.4rem;background:var(--paper);color:var(--ink)}
button:disabled{opacity:.5}
button{font:inherit;padding:.4rem .9rem;margin:0 .5rem .5rem 0;border:1px solid var(--soft);border-radius:.4rem;
background:var(--paper);color:var(--ink)}
summary{cursor:pointer;padding:.4rem 0}ul{padding-left:1.2rem;max-width:46rem}
@media print{.slider{display:none}body{max-width:none}}
"""
