"""Catalogs as schemas of other tools: PostgreSQL DDL and Prisma. Every renderer is a pure function of a catalog."""
