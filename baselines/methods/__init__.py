"""One file a method; each defines one `Method`."""
