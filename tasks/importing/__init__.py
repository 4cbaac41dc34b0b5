"""Anyone's documents and questions → a data folder. One module a layout, one result for all."""
