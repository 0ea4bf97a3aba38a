//! A column of a Parquet file: its name, its type, and what of a row stands in it.

use parquet::{
    basic::{LogicalType, Repetition},
    data_type::DataType,
    errors::ParquetError,
    file::writer::SerializedColumnWriter,
    schema::types::{Type, TypePtr},
};

use crate::table::Row;

/// What stands in a column, where something does.
type Value<T> = Box<dyn Fn(Row<'_>) -> Option<T> + Send>;

/// A column of any type.
pub(super) trait Column: Send {
    /// Its name and type.
    fn schema(&self) -> Result<TypePtr, ParquetError>;
    /// Holds what stands in a row.
    fn push(&mut self, row: Row<'_>);
    /// Writes what it holds, and holds it no more.
    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError>;
}

/// A column of one type.
pub(super) struct Typed<T: DataType> {
    name: String,
    logical: Option<LogicalType>,
    value: Value<T::T>,
    /// Those that are there,
    values: Vec<T::T>,
    /// and 1 or 0 for every row: whether there is one.
    levels: Vec<i16>,
}

impl<T: DataType> Typed<T> {
    pub(super) fn new(
        name: impl Into<String>,
        logical: Option<LogicalType>,
        value: impl Fn(Row<'_>) -> Option<T::T> + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            logical,
            value: Box::new(value),
            values: Vec::new(),
            levels: Vec::new(),
        }
    }
}

impl<T: DataType> Column for Typed<T>
where
    T::T: Send,
{
    fn schema(&self) -> Result<TypePtr, ParquetError> {
        let column = Type::primitive_type_builder(&self.name, T::get_physical_type())
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(self.logical.clone());
        Ok(column.build()?.into())
    }

    fn push(&mut self, row: Row<'_>) {
        let value = (self.value)(row);
        self.levels.push(value.is_some().into());
        self.values.extend(value);
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let column = writer.typed::<T>();
        column.write_batch(&self.values, Some(&self.levels), None)?;
        self.values.clear();
        self.levels.clear();
        Ok(())
    }
}
