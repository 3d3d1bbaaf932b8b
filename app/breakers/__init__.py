"""Circuit breakers: one engine in every process, one window over all of them, one console.

From code: `from app.breakers.use import breaker, execute, guarded_view`.
"""
