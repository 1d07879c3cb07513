"""A thin asyncio client for etcd that keeps the names of the `etcd3` package.

`client` is the surface; `connection` keeps channels, tokens and deadlines; `watch` resumes;
`leases`, `locks` and `transactions` are as in etcd3, awaited. It knows nothing of weftline.
Why it exists: docs/adr/0001-own-etcd-client.md.
"""
