#!/usr/bin/env python3
"""Makes a peer's own table of events:  natives.py PEER PATH EVENTS.parquet

A process of its own, so that what it held does not count as the peak of the hunts."""
import sys


def duckdb(path, events):
    import duckdb
    duckdb.connect(path).execute(f"create table events as select * from '{events}'")


def clickhouse(path, events):
    """A MergeTree in order of time, its types as the file has them, no index."""
    from chdb import session
    shell = session.Session(path)
    shell.query("create database db")
    shell.query("create table db.events engine = MergeTree order by tuple() settings allow_nullable_key = 1 as "
                f"select * from file('{events}', Parquet) order by Timestamp settings max_threads = 2")


def clickhouse_indexed(path, events):
    """The same with indexes on what needles are looked for in. Texts are not nullable: a text index does not serve those that are."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet
    from chdb import session

    def declared(field):
        if arrow.types.is_timestamp(field.type):
            return "DateTime64(6, 'UTC')" if field.name == "Timestamp" else "Nullable(DateTime64(6, 'UTC'))"
        for test, name in ((arrow.types.is_boolean, "Bool"), (arrow.types.is_int32, "Int32"), (arrow.types.is_int64, "Int64"),
                           (arrow.types.is_float64, "Float64")):
            if test(field.type):
                return f"Nullable({name})"
        return "String"

    fields = parquet.ParquetFile(events).schema_arrow
    columns = [f"{field.name} {declared(field)}" for field in fields]
    words = [name for name in ("RemoteUrl", "InitiatingProcessCommandLine") if name in fields.names]
    exact = [name for name in ("RemoteIP", "DeviceName", "InitiatingProcessSHA1") if name in fields.names]
    columns += [f"index words_{name} {name} type text(tokenizer = 'splitByNonAlpha', preprocessor = lower({name}))" for name in words]
    columns += [f"index exact_{name} {name} type bloom_filter(0.01)" for name in exact]
    shell = session.Session(path)
    shell.query("create database db")
    shell.query(f"create table db.events ({', '.join(columns)}) engine = MergeTree order by Timestamp")
    shell.query(f"insert into db.events select * from file('{events}', Parquet) settings max_threads = 2, max_insert_threads = 1")
    shell.query("optimize table db.events final")


if __name__ == "__main__":
    makers = {"duckdb-native": duckdb, "clickhouse-native": clickhouse, "clickhouse-indexed": clickhouse_indexed}
    makers[sys.argv[1]](sys.argv[2], sys.argv[3])
